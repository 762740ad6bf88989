#!/bin/sh
# After the package's files are there. Nothing is enabled or started: it has no
# credentials yet.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart zoom-qos-exporter.service
fi
