package config

// checkAccounts finds what no account shows by itself.
func (d *decoder) checkAccounts(accounts []Account, values []value) {
	type zoomAccount struct {
		id  Secret
		api string
	}
	var (
		names = map[string]int{}
		zoom  = map[zoomAccount]int{}
	)
	for i := range accounts {
		a, v := &accounts[i], values[i]
		line, twice := names[a.Name]
		switch {
		case a.Name == "": // told already
		case twice:
			d.fail(v, "has the name of the account in line %d; give each its own", line)
		default:
			names[a.Name] = v.line
		}
		if a.AccountID == "" {
			continue
		}
		key := zoomAccount{a.AccountID, a.APIURL.String()}
		if line, twice := zoom[key]; twice {
			// Zoom's limits are the account's, whatever the app: two entries
			// would spend them twice.
			d.fail(v, "is the Zoom account of line %d again, and its limits would be spent twice; make them one", line)
		} else {
			zoom[key] = v.line
		}
	}
}
