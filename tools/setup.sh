# SPDX-License-Identifier: Apache-2.0
# Shared by build, start and check: the Debian packages, installed only when missing, and messages. Sourced by bash.

PACKAGES_BUILD=(build-essential meson ninja-build pkg-config python3 libmicrohttpd-dev libsimdjson-dev libre2-dev libsqlite3-dev
	liburcu-dev libssl-dev libcurl4-openssl-dev libxxhash-dev libyaml-dev libcmocka-dev libjansson-dev tzdata)
PACKAGES_START=(curl)
PACKAGES_CHECK=(curl openssl nginx-light clang clang-format clang-tidy libclang-rt-14-dev util-linux)
# Only where no node is installed in some other way; Debian 12 has version 18.
PACKAGES_NODE=(nodejs npm)
PACKAGES_BENCH=(wrk nginx-light)

say()
{
	printf '==> %s\n' "$*" >&2
}

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 2
}

# Prints those of the packages that are not installed.
missing_packages()
{
	local package
	for package in "$@"; do
		dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
	done
}

# Installs what is missing of the packages, by name, and nothing when nothing is.
setup_packages()
{
	local missing=() as_root=()
	command -v dpkg-query >/dev/null || die "this needs Debian 12; elsewhere install by hand: $*"
	mapfile -t missing < <(missing_packages "$@")
	((${#missing[@]})) || return 0
	if ((EUID != 0)); then
		command -v sudo >/dev/null || die "run as root: apt-get install ${missing[*]}"
		as_root=(sudo)
	fi
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	"${as_root[@]}" apt-get update -qq
	"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Node runs the tests over HTTP.
setup_node()
{
	command -v node >/dev/null && command -v npm >/dev/null && return
	setup_packages "${PACKAGES_NODE[@]}"
}

# Whether a folder or a build file has changed since the build directory was configured: Meson itself notices changed
# build files, but not a folder or file that a build file looks for.
is_stale()
{
	local changed
	changed=$(find meson.build meson_options.txt src include test bench -name node_modules -prune -o \
		\( -type d -o -name 'meson.build' \) -newer "$1/build.ninja" -print -quit)
	[ -n "$changed" ]
}

# setup_build DIR [meson options]: configures a build directory, once and when something came or went.
setup_build()
{
	local dir=$1
	shift
	if [ ! -f "$dir/build.ninja" ]; then
		rm -rf "$dir"
		meson setup "$dir" "$@"
	elif is_stale "$dir"; then
		meson setup --reconfigure "$dir" "$@"
	fi
}
