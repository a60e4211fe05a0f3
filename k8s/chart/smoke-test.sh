# What `helm test` runs in a pod of the platform's own image: a message through the databus, and the gateway's answers, by whom the environment names.
set -euo pipefail

# Publishes to /dev/test, which no service stores, until the same message has come back. An external broker has users of its own: no host is named.
if [ -n "$DATABUS_HOST" ]; then
  recording=$(mktemp -d)/test.rec
  dsotp record "$recording" --host "$DATABUS_HOST" --port "$DATABUS_PORT" --user "$USER_NAME" --password "$USER_PASSWORD" \
    --filter /dev/test --count 1 --duration 30 &
  recorder=$!
  dsotp emulate pmu --host "$DATABUS_HOST" --port "$DATABUS_PORT" --user "$USER_NAME" --password "$USER_PASSWORD" \
    --devices 1 --rate 5 --frames 150 --topic /dev/test > /dev/null &
  publisher=$!
  wait "$recorder"
  kill "$publisher" 2> /dev/null || true
  dsotp record "$recording" --dump | grep -q /dev/test
  echo "databus: a message came back"
fi

# Answers the status of a GET with the user's name and password.
get() {
  local status
  exec 3<> "/dev/tcp/$GATEWAY_HOST/$GATEWAY_PORT"
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n' \
    "$1" "$GATEWAY_HOST" "$(printf %s "$USER_NAME:$USER_PASSWORD" | base64 -w 0)" >&3
  read -r _ status _ <&3
  exec 3>&-
  echo "$status"
}
for path in /health/ready /api/services /metrics; do
  status=$(get "$path")
  echo "gateway: $path answers $status"
  [ "$status" = 200 ]
done
