# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by app/start.sh and tests/run.sh: installs the Debian packages of some sections of app/packages.txt.

# Prints the packages of the sections given as arguments, from the list in file $1.
packages_of() {
    list=$1
    shift
    for section in "$@"; do
        sed -n "/^\[$section\]/,/^\[/{/^[a-z]/p;}" "$list"
    done
}

# Prints those of its arguments that are not installed.
missing_of() {
    installed=" $(dpkg-query -W -f '${db:Status-Status}=${binary:Package}\n' 2>/dev/null |
        sed -n 's/^installed=\([^:]*\).*/\1/p' | tr '\n' ' ')"
    for package in "$@"; do
        case $installed in
        *" $package "*) ;;
        *) printf '%s\n' "$package" ;;
        esac
    done
}

# As root, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "ketscope: installing packages needs root: run \"$*\" as root, then start again." >&2
        return 1
    fi
}

# install_packages LIST SECTION…: installs what is missing and nothing else. Without a network or without root the caller
# goes on with what is there: the build says what it cannot do without.
install_packages() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    # shellcheck disable=SC2046
    missing=$(missing_of $(packages_of "$@"))
    [ -z "$missing" ] && return 0
    echo "Installing Debian packages:" $missing >&2
    { as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >&2 ||
        echo "ketscope: not all packages could be installed; going on with what is there." >&2
}
