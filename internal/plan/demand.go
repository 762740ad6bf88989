package plan

import "math"

// Demand is what live meetings ask of the money: of one moment, or the mean
// over some time.
type Demand struct {
	// Classes sorts the meetings by how often they are worth asking for, since
	// the fastest reach Zoom's one minute first: √(people ÷ pages), each class
	// from √2 times the one before.
	Classes [classes]Class `json:"speeds"`
	// Lists is what one walk over the live lists costs in requests.
	Lists float64 `json:"lists"`
}

// Class is the part of a demand that meetings of about the same speed make up.
type Class struct {
	// Pages cost a request each.
	Pages float64 `json:"pages"`
	// Force is the sum of √(weight × people × pages) over the meetings: divided
	// by the price it is what they are worth in requests a second.
	Intensity float64 `json:"force"`
}

const classes = 6

// Add enters a live meeting. A weight is at least 1 for any meeting.
func (d *Demand) Add(weight float64, people, pages int) {
	p, n := float64(max(pages, 1)), weight*float64(max(people, 1))
	_, exponent := math.Frexp(n / p) // 1 for [1, 2), 2 for [2, 4) …
	class := &d.Classes[min(max(exponent, 0), classes-1)]
	class.Pages += p
	class.Intensity += math.Sqrt(n * p)
}

// Pages is what asking once for all its meetings costs in requests.
func (d *Demand) Pages() (pages float64) {
	for _, c := range d.Classes {
		pages += c.Pages
	}
	return pages
}

// force is the whole of it: the demand in one number.
func (d *Demand) intensity() (intensity float64) {
	for _, c := range d.Classes {
		intensity += c.Intensity
	}
	return intensity
}

// Rate is what the demand is worth at a price, in requests a second: each
// meeting's pages over its interval, which is MinInterval at least.
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

// Join takes in another demand.
func (d *Demand) Join(other *Demand) { d.add(other, 1) }

// add takes in another demand, factor times.
func (d *Demand) add(other *Demand, factor float64) {
	for i := range d.Classes {
		d.Classes[i].Pages += factor * other.Classes[i].Pages
		d.Classes[i].Intensity += factor * other.Classes[i].Intensity
	}
	d.Lists += factor * other.Lists
}

// Times is the demand so many times over, its lists included.
func (d *Demand) Times(factor float64) Demand {
	var product Demand
	product.add(d, factor)
	return product
}

// sound reports whether all of it are numbers that a demand can have.
func (d *Demand) sound() bool {
	ok := countable(d.Lists)
	for _, c := range d.Classes {
		ok = ok && countable(c.Pages) && countable(c.Intensity)
	}
	return ok
}

// countable reports whether v is of the size of things that can be counted.
func countable(v float64) bool { return v >= 0 && v < 1e12 }
