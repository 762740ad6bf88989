#!/bin/sh
# Runs after the package's files are removed. It keeps the exporter's storage,
# because a new key of hashed labels would change all hashes.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
