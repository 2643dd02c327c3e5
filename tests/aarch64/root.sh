#!/bin/sh
# root.sh DIRECTORY - Debian's arm64 libraries that the tests link, unpacked there. The host's own package lists
# and database are not touched.
# SPDX-License-Identifier: MIT
set -eu

packages="libopenblas0-pthread libopenblas-pthread-dev libcmocka0 libcmocka-dev libjansson4 libjansson-dev
          libgfortran5 libgcc-s1"
root=$1
test ! -e "$root/complete" || exit 0

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
chmod 755 "$state"
mkdir -p "$root" "$state/lists/partial" "$state/cache/archives/partial" "$state/packages"
: > "$state/status"

apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root \
        -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" "$@"
}

apt update
# shellcheck disable=SC2086 # one word for each package
(cd "$state/packages" && apt download $packages)
for package in "$state"/packages/*.deb; do
    dpkg -x "$package" "$root"
done
touch "$root/complete"
