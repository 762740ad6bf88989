package main

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

// checkArguments returns an error for a flag without a value and for a switch with
// one. Because of the default command, kingpin ignores the former, and it does not
// name the latter.
func checkArguments(app *kingpin.Application, args []string) error {
	flags := flagsOf(app)
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		name, value, given := strings.Cut(name, "=")
		flag := flags[name]
		if negated, ok := strings.CutPrefix(name, "no-"); ok && flag == nil && given {
			flag = flags[negated]
		}
		if !isFlag || flag == nil { // an argument, or kingpin refuses it
			continue
		}
		if flag.IsBoolFlag() {
			if given {
				return fmt.Errorf("--%s takes no value; write --%[1]s or --no-%[1]s, not %q", flag.Name, args[i])
			}
			continue
		}
		if !given && i+1 < len(args) && !isOption(args[i+1]) {
			i++
			value, given = args[i], true
		}
		if !given || value == "" && !slices.Contains(flag.Default, "") {
			example := cmp.Or(flag.PlaceHolder, strings.Join(flag.Default, ""), "VALUE")
			return fmt.Errorf("--%s needs a value, as in --%[1]s=%s", name, example)
		}
	}
	return nil
}

// isOption reports whether an argument cannot be the value of the flag before it.
func isOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// flagsOf returns the flags of the program and of its commands by name.
func flagsOf(app *kingpin.Application) map[string]*kingpin.FlagModel {
	model := app.Model()
	groups := []*kingpin.FlagGroupModel{model.FlagGroupModel}
	for _, command := range model.Commands {
		groups = append(groups, command.FlagGroupModel)
	}
	flags := make(map[string]*kingpin.FlagModel)
	for _, group := range groups {
		for _, flag := range group.Flags {
			flags[flag.Name] = flag
		}
	}
	return flags
}

// checkAddresses returns an error for addresses that are invalid on any machine.
func (p *program) checkAddresses() error {
	for _, address := range *p.web.WebListenAddresses {
		if strings.HasPrefix(address, "vsock://") { // the toolkit checks it
			continue
		}
		if err := checkAddress("web.listen-address", address, defaultAddress); err != nil {
			return err
		}
	}
	if p.debugAddress == "" {
		return nil
	}
	return checkAddress("debug.listen-address", p.debugAddress, debugExample)
}

func checkAddress(flag, address, example string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil && port != "" {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return fmt.Errorf("--%s must be an address with a port, such as %s, not %q", flag, example, address)
	}
	return nil
}
