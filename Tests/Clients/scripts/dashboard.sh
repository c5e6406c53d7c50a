#!/usr/bin/env bash
# A team's dashboard in two lines of curl and jq.
set -euo pipefail
BASE=${BASE:-https://openrouter.ai/api/v1}

curl -s $BASE/keys -H "Authorization: Bearer $KEY" | jq -r '.data[] | "\(.name)\t$\(.usage // 0 | tostring)\t/\t$\(.limit // "unlimited" | tostring)"' | column -t -s $'\t'
echo "total: $(curl -s $BASE/keys -H "Authorization: Bearer $KEY" | jq '.data | map(.usage // 0) | add')"
