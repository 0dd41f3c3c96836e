#!/usr/bin/env bash
# Makes fixtures/videos/: one H.264 MP4 for each resolution, length and shape that can be delivered. Each is three of its 24
# frames a second shorter than its name says, as the files of the service were found to be: 5.875 seconds for 6. Needs ffmpeg
# with libx264 (Debian: apt-get install ffmpeg). The files are kept in the repository; this only tells how they came to be.
# With names of files it makes those alone, as another ffmpeg may write other bytes: scripts/make_videos.sh 720P-6s.mp4
set -euo pipefail
only=" $* "
cd "$(dirname "$0")/../fixtures/videos"

make() { # name width height seconds
    [[ $only == "  " || $only == *" $1 "* ]] || return 0
    ffmpeg -y -loglevel error -f lavfi -i "color=c=0x203040:s=$2x$3:r=24:d=$4" \
        -vf "drawgrid=w=iw/8:h=ih/8:t=2:c=0x507090,drawbox=x='mod(t*iw/4,iw)':y=ih*3/8:w=iw/16:h=ih/4:c=0xf0a030:t=fill" \
        -frames:v $(($4 * 24 - 3)) -c:v libx264 -preset veryslow -crf 36 -pix_fmt yuv420p -g 240 -movflags +faststart \
        -map_metadata -1 -fflags +bitexact -flags:v +bitexact -an "$1"
}

make 512P-6s.mp4 910 512 6
make 512P-10s.mp4 910 512 10
make 720P-6s.mp4 1280 720 6
make 768P-6s.mp4 1366 768 6
make 768P-10s.mp4 1366 768 10
make 1080P-6s.mp4 1920 1080 6

# The other shapes, for the combinations of first-and-last-frame.
make 768P-6s-portrait.mp4 768 1366 6
make 768P-10s-portrait.mp4 768 1366 10
make 1080P-6s-portrait.mp4 1080 1920 6
make 768P-6s-square.mp4 768 768 6
make 768P-10s-square.mp4 768 768 10
make 1080P-6s-square.mp4 1080 1080 6
