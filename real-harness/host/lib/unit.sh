# The service of this host, mariadb.service or garb.service: where its state is kept, and how it is read.
# Rules: support-files/mariadb.service.in of MariaDB, garb/files/garb.service of Galera.

unit=/run/seatrial/unit
socket=/run/mysqld/mysqld.sock
datadir=/var/lib/mysql
flags="/run/mysqld/wsrep-new-cluster /run/mariadb-wsrep-new-cluster"
unit_timeout_s=900
# The log of the service: garbd's goes to the journal.
service=mariadb log=/var/log/mariadb/mariadb.log
[ -e /run/seatrial/arbitrator ] && service=garb log=/run/seatrial/garb.log unit_timeout_s=120

# The real client, not the one of /opt/seatrial/bin.
client=/usr/bin/mariadb
[ -x $client ] || client=/usr/bin/mysql

# Reads the first line of a small file into the variable named first; empty where there is none.
read_line() {
  # Not a name that a caller uses: it would be the caller's variable that is hidden.
  local first_line_=
  [ -e "$2" ] && IFS= read -r first_line_ <"$2"
  printf -v "$1" '%s' "$first_line_"
}

# Whether a process runs; one that has ended and was not reaped yet does not.
alive() {
  local stat
  [ -n "$1" ] && [ -e "/proc/$1/stat" ] || return 1
  IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  stat=${stat##*) }
  [ "${stat%% *}" != Z ] && [ "${stat%% *}" != X ]
}

# Whether somebody listens at the server's socket. The kernel's list is asked and not the server:
# that disturbs nobody, and a file that a dead server left behind is not in it. The flag is that of a
# socket that listens: a session that is open carries the same path.
port_open() {
  local line
  while IFS= read -r line; do
    case $line in *" 00010000 "*" $socket") return 0 ;; esac
  done </proc/net/unix
  return 1
}

# Whether garbd has caught up with its group, in its present life.
has_caught_up() {
  [ -e $log ] && awk '/Read config/ { found = 0 } /-> SYNCED/ { found = 1 } END { exit !found }' $log
}

# Sets unit_state to inactive, activating, active, deactivating or failed, unit_code to the exit code
# of a failed one (128 and the signal), and server_pid to the server's process where it runs.
look_at_unit() {
  local runner phase stopping
  unit_code=0
  read_line server_pid $unit/pid
  alive "$server_pid" || server_pid=
  read_line runner $unit/runner
  # A stop ends when its runner says so, and a moment later its files are gone. Looked at in the order
  # in which they go, the others never show a stop that is over as a start.
  while alive "$runner"; do
    stopping=
    [ -e $unit/stopping ] && stopping=1
    read_line phase $unit/phase
    [ "$phase" = ended ] || break
    sleep 0.01
    read_line runner $unit/runner
  done
  if alive "$runner"; then
    if [ "$phase" = pause ]; then
      unit_state=failed
      read_line unit_code $unit/exit
    elif [ -n "$stopping" ]; then
      unit_state=deactivating
    elif [ "$phase" = server ] && [ -n "$server_pid" ] && { [ $service = garb ] || port_open; }; then
      unit_state=active
    else
      unit_state=activating
    fi
    return
  fi
  read_line unit_code $unit/result
  if [ -n "$unit_code" ] && [ "$unit_code" != 0 ]; then
    unit_state=failed
  else
    unit_state=inactive
    unit_code=0
  fi
}

# Tells the service to start, and does not wait.
begin_start() {
  exec 9>$unit/lock
  flock 9
  local runner
  read_line runner $unit/runner
  if ! alive "$runner"; then
    rm -f $unit/result $unit/stopping $unit/no-restart $unit/start-queued
    echo recovery >$unit/phase
    setsid /opt/seatrial/lib/unit-run </dev/null >>/run/seatrial/unit.log 2>&1 9>&- &
    echo $! >$unit/runner
  fi
  exec 9>&-
}

# Tells the service to stop, and does not wait: SIGTERM, never SIGKILL; garb.service has SIGINT.
begin_stop() {
  local runner phase pid signal=TERM
  [ $service = garb ] && signal=INT
  touch $unit/no-restart
  rm -f $unit/start-queued
  read_line runner $unit/runner
  alive "$runner" || return 0
  touch $unit/stopping
  read_line phase $unit/phase
  case $phase in
    recovery)
      read_line pid $unit/recovery
      [ -n "$pid" ] && kill -TERM -- "-$pid" 2>/dev/null
      ;;
    server)
      read_line pid $unit/pid
      if alive "$pid"; then
        hold_the_stop
        kill -$signal "$pid"
      fi
      ;;
  esac
  return 0
}

# A stop that was told to hang meets a session that holds the global read lock.
hold_the_stop() {
  [ -e /run/seatrial/stop-hangs ] || return 0
  rm -f /run/seatrial/stop-hangs
  hold_read_lock stop-lock
}

# Opens a session that takes the global read lock and keeps it; the name is that of its files.
# Returns 0 once it has the lock.
hold_read_lock() {
  local out=/run/seatrial/$1.out waited=0 text
  : >$out
  setsid bash -c '(echo "FLUSH TABLES WITH READ LOCK; SELECT CONNECTION_ID();"; exec sleep 86400) |
    exec '$client' --no-defaults -u root -S '$socket' -NB --unbuffered' </dev/null >$out 2>&1 9>&- &
  echo $! >/run/seatrial/$1.pid
  while [ $waited -lt 100 ]; do
    read_line text $out
    [ -n "$text" ] && break
    sleep 0.05
    waited=$((waited + 1))
  done
  # The session's number says that it has the lock; anything else is an error.
  case $text in
    '' | *[!0-9]*)
      grep -m 1 '^ERROR' $out
      end_read_lock $1
      return 1
      ;;
  esac
  return 0
}

# Ends such a session.
end_read_lock() {
  local pid
  read_line pid /run/seatrial/$1.pid
  rm -f /run/seatrial/$1.pid
  alive "$pid" && kill -TERM -- "-$pid"
}
