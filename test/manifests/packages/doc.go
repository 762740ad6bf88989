// Package packages holds the tests of the release's configuration and of the
// Debian and RPM packages that it describes.
package packages
