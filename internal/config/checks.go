package config

// checkAccounts reports accounts that are in conflict with each other.
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
		case a.Name == "": // reported already
		case twice:
			d.fail(v, "has the same name as the account in line %d; give each its own", line)
		default:
			names[a.Name] = v.line
		}
		if a.AccountID == "" {
			continue
		}
		key := zoomAccount{a.AccountID, a.APIURL.String()}
		if line, twice := zoom[key]; twice {
			// Zoom's limits apply to the account, not to the app: two entries would
			// spend them twice.
			d.fail(v, "is the same Zoom account as in line %d, and would spend its limits twice; remove one of them", line)
		} else {
			zoom[key] = v.line
		}
	}
}
