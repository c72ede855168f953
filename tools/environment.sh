#!/bin/sh
# Make .venv from uv.lock: `environment.sh run` what citybelt needs, `environment.sh dev` the tools for its
# tests and documentation too, `environment.sh bench` the packages that it is timed against as well. Nothing outside
# this folder is changed, but for uv's own download cache.
set -eu
cd "$(dirname "$0")/.."
kind=$1
own=.cache/uv

say() { echo "citybelt: $*" >&2; }

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Python 3.11 or newer is needed as python3. On Debian: apt-get install python3"
    exit 1
fi

# uv: the one on the PATH, else a private copy. Debian's python3 may lack venv, or pip, but seldom both.
if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    if ! [ -x "$own/bin/uv" ] || ! "$own/bin/uv" --version >/dev/null 2>&1; then
        say "installing uv from PyPI into $own"
        rm -rf "$own"
        mkdir -p .cache
        { python3 -m venv "$own" && "$own/bin/python" -m pip install --quiet uv; } >.cache/uv.log 2>&1 ||
            { rm -rf "$own" && python3 -m pip install --quiet --target "$own" uv; } >>.cache/uv.log 2>&1 ||
            {
                cat .cache/uv.log >&2
                rm -rf "$own"
                say "uv could not be installed. On Debian, 'apt-get install python3-venv' supplies what is missing;"
                say "otherwise install uv by any other way (it only has to be on the PATH) and run make again."
                exit 1
            }
    fi
    uv=$own/bin/uv
fi

# A missing or read-only home folder: keep uv's downloads here.
if ! { [ -n "${UV_CACHE_DIR:-}" ] || mkdir -p "${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/uv" 2>/dev/null; }; then
    export UV_CACHE_DIR="$PWD/.cache/uv-downloads"
fi
# Trust what this machine trusts, where it says so (offices and clusters often add certificates of their own).
if [ -r /etc/ssl/certs/ca-certificates.crt ]; then
    export UV_SYSTEM_CERTS=true
fi
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
unset VIRTUAL_ENV

case $kind in
    run) "$uv" sync --frozen --compile-bytecode --no-dev --inexact --quiet ;; # --inexact: keeps the tools of an earlier `make test`
    dev) "$uv" sync --frozen --compile-bytecode --quiet ;;
    bench) "$uv" sync --frozen --compile-bytecode --group bench --quiet ;;
    *) say "unknown environment '$kind'" && exit 2 ;;
esac
touch ".venv/.stamp-$kind"
