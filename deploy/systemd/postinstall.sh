#!/bin/sh
# Runs after the package's files are installed. It neither enables nor starts the
# service, which has no credentials yet.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl try-restart zoom-qos-exporter.service
fi
