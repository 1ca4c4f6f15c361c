# Asks the server, whose process udaemon names, to end.
echo "asks $UDAEMON_NAME to end"
kill -USR1 "$UDAEMON_PID"
