#!/bin/sh
# Makes one video with curl: create, poll, retrieve, download. Run it against a mock of its own:
#
#     minimax-mock exec -- sh examples/shell/generate.sh [video.mp4]
#
# It reads MINIMAX_BASE_URL and MINIMAX_API_KEY, which exec sets.
set -eu

base=${MINIMAX_BASE_URL:?start it with: minimax-mock exec -- sh $0}
video=${1:-video.mp4}
polls=120

call() { curl --silent --show-error --fail --max-time 30 -H "Authorization: Bearer $MINIMAX_API_KEY" "$@"; }
text() { sed -nE "s/.*\"$1\":\"([^\"]*)\".*/\1/p"; }
number() { sed -nE "s/.*\"$1\":(-?[0-9]+).*/\1/p"; }
give_up() { echo "$*" >&2; exit 1; }

# Sent once, whatever happens: a second create would be a second bill.
created=$(call "$base/v1/video_generation" -H 'Content-Type: application/json' -d '{
  "model": "MiniMax-Hailuo-02", "resolution": "512P",
  "first_frame_image": "https://example.com/cat.jpg", "prompt": "A cat runs toward the camera."}')
[ "$(echo "$created" | number status_code)" = 0 ] || give_up "create was refused: $created"
task=$(echo "$created" | text task_id)

while :; do
  state=$(call "$base/v1/query/video_generation?task_id=$task")
  status=$(echo "$state" | text status)
  case $status in
    Success) break ;;
    Fail) give_up "task $task failed: $state" ;;
  esac
  polls=$((polls - 1))
  [ "$polls" -gt 0 ] || give_up "task $task is still $status"
  sleep 0.2
done

file=$(call "$base/v1/files/retrieve?file_id=$(echo "$state" | text file_id)")
# Without the key, which is nobody else's business.
curl --silent --show-error --fail --max-time 60 "$(echo "$file" | text download_url)" -o "$video"
echo "task $task is in $video"
