#!/usr/bin/env bash
# Makes the files of fixtures/images/. Needs ffmpeg with libwebp. The files are kept in the repository; this only tells
# how they came to be.
set -euo pipefail
cd "$(dirname "$0")/../fixtures/images"

picture() { # name width height
    ffmpeg -y -loglevel error -f lavfi -i "gradients=s=$2x$3:c0=0x203040:c1=0xf0a030:x0=0:y0=0:x1=$2:y1=$3:n=2:d=1" \
        -frames:v 1 -map_metadata -1 -fflags +bitexact "$1"
}
plain() { # name width height [pixel format]
    ffmpeg -y -loglevel error -f lavfi -i "color=c=0x507090:s=$2x$3,format=${4:-rgb24}" -frames:v 1 -fflags +bitexact "$1"
}

picture good.jpg 640 480
picture good.webp 640 480
plain good.png 640 480 gray
plain format-gif.gif 640 480 pal8
echo "This is no picture." >format-text.png
head -c 24 good.jpg >format-cut.jpg
for size in short-edge-301:301:400 short-edge-300:300:400 ratio-2-5:400:1000 ratio-5-2:1000:400 \
    ratio-too-tall:400:1001 ratio-too-wide:1001:400; do
    IFS=: read -r name width height <<<"$size"
    plain "$name.png" "$width" "$height" gray
done
# Signature and IHDR only: 20000 x 20000, 8 bits, grey.
printf '\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x4e\x20\x00\x00\x4e\x20\x08\x00\x00\x00\x00\x00\x00\x00\x00' >pixels-bomb.png
