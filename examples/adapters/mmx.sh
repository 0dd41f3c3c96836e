#!/bin/sh
# The vendor's mmx-cli as the contract test kit calls it. $MMX is dist/mmx.mjs of the package; see docs/vendor-clients.md.
# The result of a failure is the exit code as mmx documents it, with what was printed; that of a success is exit code 0.
: "${MMX:?set MMX to the file dist/mmx.mjs of mmx-cli, and hand it on with --keep MMX}"

# mmx sends requests for every host through a proxy of the environment, whatever NO_PROXY says; so it gets none.
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy

# The first word is the operation, the others are flags of `video generate`.
operation=$1
shift
case $operation in
generate) set -- generate "$@" --download "$MM_CONTRACT_OUT_FILE" ;;
create) set -- generate "$@" --no-wait ;;
download) set -- download --file-id "$MM_CONTRACT_FILE_ID" --out "$MM_CONTRACT_OUT_FILE" ;;
*) exit 127 ;;
esac

# Without --region it asks two hosts of the vendor with the key, and then asks them for the video too.
printed=${MM_CONTRACT_RESULT_FILE:?}.printed
exec 3>&1
code=$({
    { node "$MMX" video "$@" --region global --base-url "$MM_CONTRACT_BASE_URL" --api-key "$MM_CONTRACT_API_KEY" \
        --timeout "$MM_CONTRACT_DEADLINE_S" --non-interactive 2>&1 >&3; echo $? >&4; } | tee "$printed" >&2
} 4>&1)

case $code in
0) exit 0 ;;
2) kind=usage ;;
3) kind=auth ;;
4) kind=quota ;;
5) kind=timeout ;;
6) kind=network ;;
10) kind=sensitive ;;
*) kind=unknown ;;
esac
message=$(tr '\000-\037' ' ' <"$printed" | sed 's/[\\"]/\\&/g')
printf '{"protocol": 1, "outcome": "error", "error": {"kind": "%s", "code": null, "message": "%s"}}\n' \
    "$kind" "$message" >"$MM_CONTRACT_RESULT_FILE"
exit "$code"
