package plan

import "math"

// Demand is what live meetings would take in requests: at one moment, or on
// average over some time.
type Demand struct {
	// Classes groups the meetings by people ÷ pages, each class from twice the
	// ratio of the one before: meetings of a higher class are refreshed more often
	// and reach MinInterval at a higher price.
	Classes [classes]Class `json:"speeds"`
	// Lists is what one walk over the live lists costs in requests.
	Lists float64 `json:"lists"`
}

// Class is the part of a demand that meetings with about the same people ÷ pages
// make up.
type Class struct {
	// Pages cost a request each.
	Pages float64 `json:"pages"`
	// Intensity is the sum of √(weight × people × pages) over the meetings. Divided
	// by the price it is the requests a second that they are worth.
	Intensity float64 `json:"force"`
}

const classes = 6

// Add adds a live meeting. The least weight of a meeting is 1.
func (d *Demand) Add(weight float64, people, pages int) {
	p, n := float64(max(pages, 1)), weight*float64(max(people, 1))
	_, exponent := math.Frexp(n / p) // 1 for [1, 2), 2 for [2, 4) …
	class := &d.Classes[min(max(exponent, 0), classes-1)]
	class.Pages += p
	class.Intensity += math.Sqrt(n * p)
}

// Pages is what one refresh of all meetings costs in requests.
func (d *Demand) Pages() (pages float64) {
	for _, c := range d.Classes {
		pages += c.Pages
	}
	return pages
}

// intensity is the sum over all classes: the demand in one number.
func (d *Demand) intensity() (intensity float64) {
	for _, c := range d.Classes {
		intensity += c.Intensity
	}
	return intensity
}

// Rate is what the meetings are worth at a price, in requests a second: each
// meeting's pages divided by its refresh interval, MinInterval at least.
func (d *Demand) Rate(price Price) (rate float64) {
	for _, c := range d.Classes {
		most := c.Pages / MinInterval.Seconds()
		if c.Intensity < most*float64(price) {
			most = c.Intensity / float64(price)
		}
		rate += most
	}
	return rate
}

// Join adds another demand.
func (d *Demand) Join(other *Demand) { d.add(other, 1) }

// add adds another demand, multiplied by factor.
func (d *Demand) add(other *Demand, factor float64) {
	for i := range d.Classes {
		d.Classes[i].Pages += factor * other.Classes[i].Pages
		d.Classes[i].Intensity += factor * other.Classes[i].Intensity
	}
	d.Lists += factor * other.Lists
}

// Times is the demand multiplied by factor, its lists included.
func (d *Demand) Times(factor float64) Demand {
	var product Demand
	product.add(d, factor)
	return product
}
