#!/bin/sh
# Install Debian's Chromium for the browser tests where we may; say so loudly where we may not. Never fails.
if command -v chromium >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  timeout 300 apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1
fi
command -v chromium >/dev/null 2>&1 ||
  echo "SKIPPED LOUDLY: no Chromium here and it could not be installed; the browser tests will not run"
exit 0
