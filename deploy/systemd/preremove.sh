#!/bin/sh
# Before the package's files go. An upgrade, "upgrade" to Debian and 1 to RPM,
# keeps the service as it is.
set -e

case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl --no-reload disable --now zoom-qos-exporter.service
	fi
	;;
esac
