#!/usr/bin/env bash
# Every endpoint of `mmgpt serve` by curl. Needs curl, and jq to pick an id out of an answer.
#
#   mmgpt serve &
#   examples/api/curl.sh shot.png [http://127.0.0.1:8000] [KEY]
set -euo pipefail

image=${1:?a picture, as in: curl.sh shot.png}
url=${2:-http://127.0.0.1:8000}
ask=(curl --silent --show-error --fail-with-body --max-time 150)
if [ -n "${3:-}" ]; then ask+=(--header "Authorization: Bearer $3"); fi

echo "# diagnose: program, error, cause, what to do"
"${ask[@]}" -F "image=@$image" -F "question=How do I fix it?" "$url/v1/diagnose" | jq '{app, message, error_code, cause, fixes, answer}'

echo "# the same as JSON, with a data URL"
printf '{"image_url": "data:image/png;base64,%s"}' "$(base64 -w0 < "$image")" |
  "${ask[@]}" --json @- "$url/v1/caption" | jq .caption

echo "# its lines"
"${ask[@]}" -F "image=@$image" "$url/v1/read" | jq -r '.text[].text' | head -5

echo "# an answer, as it comes"
"${ask[@]}" --no-buffer -F "image=@$image" -F "question=What does it say?" -F stream=true "$url/v1/query" | sed -n 1,3p

echo "# without its secrets"
clean=$(mktemp --suffix=.png)
"${ask[@]}" -F "image=@$image" --output "$clean" "$url/v1/redact"
echo "$(stat -c %s "$clean") bytes"
rm "$clean"

echo "# OpenAI's protocol"
printf '{"model": "mmgpt", "max_tokens": 32, "messages": [{"role": "user", "content": [
  {"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}, {"type": "text", "text": "Describe the picture."}]}]}' \
  "$(base64 -w0 < "$image")" |
  jq --arg model "$("${ask[@]}" "$url/v1/models" | jq -r '.data[0].id')" '.model = $model' |
  "${ask[@]}" --json @- "$url/v1/chat/completions" | jq -r '.choices[0].message.content'

echo "# a job over several pictures"
job=$("${ask[@]}" -F "image=@$image" -F "image=@$image" -F task=read "$url/v1/jobs" | jq -r .id)
until "${ask[@]}" "$url/v1/jobs/$job" | jq -e '.status == "completed"' > /dev/null; do sleep 0.2; done
"${ask[@]}" "$url/v1/jobs/$job/results" | jq -c '{index, name, lines: (.result.text | length)}'
"${ask[@]}" -X DELETE "$url/v1/jobs/$job" | jq -c .
