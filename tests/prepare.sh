#!/bin/sh
# Brings what tests in browsers and in PHP need and Python cannot bring, where that is allowed without asking.
# Never fails: a test that misses something says so itself.
set -u

wanted=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
    || command -v google-chrome >/dev/null 2>&1 || wanted="chromium"
command -v apt-get >/dev/null 2>&1 || exit 0
dpkg -s fonts-noto-cjk >/dev/null 2>&1 || wanted="$wanted fonts-noto-cjk"
for each in php-cli php-xml php-mbstring phpunit; do
    dpkg -s "$each" >/dev/null 2>&1 || wanted="$wanted $each"
done
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as="sudo -n"
else
    echo "test: for all tests, install:$(printf ' %s' $wanted)"
    exit 0
fi
echo "test: installing$(printf ' %s' $wanted)"
export DEBIAN_FRONTEND=noninteractive
bring() { $as apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; }
# All at once is quickest; one by one leaves out only what cannot be had.
bring $wanted || {
    $as apt-get update -qq >/dev/null 2>&1
    bring $wanted || for each in $wanted; do
        bring "$each" || echo "test: could not install $each; the summary says what that leaves out"
    done
}
exit 0
