#!/bin/sh
# Runs before the package's files are removed. An upgrade ("upgrade" for Debian, 1
# for RPM) does not change the service.
set -e

case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl --no-reload disable --now zoom-qos-exporter.service
	fi
	;;
esac
