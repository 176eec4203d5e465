#!/bin/sh
# Prints where tests put their files: in memory where there is room, since most of what they wait
# for is a disk that keeps what nobody needs. Where there is none, where temporary files go.
set -u
place=/dev/shm
room=$(df -Pk "$place" 2>/dev/null | awk 'NR == 2 { print $4 }')
tried="$place/alliance-tests-try-$$"
if [ "${room:-0}" -gt 3000000 ] && printf '#!/bin/sh\n' >"$tried" 2>/dev/null \
        && chmod +x "$tried" && "$tried" 2>/dev/null; then
    echo "$place"
else
    echo "${TMPDIR:-/tmp}"
fi
rm -f "$tried"
