#!/bin/sh
# Tells the tide: an external command, in any language. It says goodbye when it is asked to stop.
trap 'kill $! 2>/dev/null; echo "the sea is calm"; exit 0' TERM INT

while :; do
  for level in low rising high falling; do
    echo "the tide is $level"
    sleep "${TIDE_PERIOD:-3}" &
    wait $! # a shell acts on a signal only while it waits
  done
done
