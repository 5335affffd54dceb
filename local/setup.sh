#!/usr/bin/env bash
# Installs the Debian packages that are missing; where it may not, prints the one line that does.
# Usage: local/setup.sh [--package | --tests]
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^[^#]/s/^# //p' "$0"; exit; }

command -v swift >/dev/null || { echo "A Swift 6.3 toolchain is needed: https://www.swift.org/install/linux/" >&2; exit 1; }

packages=(libcurl4-openssl-dev libssl-dev zlib1g-dev libsqlite3-dev libmicrohttpd-dev libyaml-dev libjs-dygraphs)
# What packages are made with, a libcurl of their own included (Infra/curl.sh).
packaging=(bc binutils debian-archive-keyring dpkg-dev gcc jq libc6-dev make zip)
if [ "${1:-}" = --package ]; then packages+=("${packaging[@]}"); fi
if [ "${1:-}" = --tests ]; then
  # What runs the real clients and looks at processes and files; Debian's TypeScript for the door that is written in it; a root of
  # an older Debian; the check of scripts; a browser, and letters for it.
  packages+=("${packaging[@]}" chromium curl debootstrap fonts-inter node-typescript openssl procps shellcheck unzip)
  command -v node >/dev/null || packages+=(nodejs)
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
fi

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
# A system with root alone has no sudo, and a line that cannot be typed helps nobody.
if command -v sudo >/dev/null; then before="sudo " who=; else before="" who=" as root"; fi
if [ "$(id -u)" -eq 0 ]; then
  sudo=()
elif sudo -n true 2>/dev/null; then
  sudo=(sudo)
else
  echo "Debian packages are missing. Run$who:  ${before}apt-get update && $before${install[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${sudo[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${sudo[@]}" "${install[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
