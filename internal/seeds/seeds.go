// Package seeds decides how many random cases a property test tries. Only tests
// import it.
package seeds

import (
	"cmp"
	"os"
	"strconv"
	"testing"
)

// Variable is the environment variable that multiplies the number of cases, for
// long runs: `make test-more` sets it.
const Variable = "TEST_SEEDS"

// Count returns how many cases to try where a usual run tries n. With
// go test -short, which the race detector runs use because it slows tests down
// ten times and more, it is a quarter, and at least two.
func Count(n int) int {
	if testing.Short() {
		return max(2, n/4)
	}
	times, err := strconv.Atoi(cmp.Or(os.Getenv(Variable), "1"))
	if err != nil || times < 1 {
		panic(Variable + " must be a whole number of 1 or more")
	}
	return n * times
}
