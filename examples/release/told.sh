# Is told of an event: the whole of it is on the standard input, the most of it in the environment.
echo "$UDAEMON_NAME/$UDAEMON_INSTANCE $UDAEMON_EVENT: $UDAEMON_MESSAGE" >> run/told.txt
