# Serves until somebody asks for its end by the way it knows.
trap 'echo "closes its books"; exit 0' USR1
echo $$ > run/server.pid
echo "serves version $(cat run/version)"
while :; do
    sleep 0.1
done
