"""Keeps one shared server alive while any test uses it, then stops it and removes its folder.

    python3 keep.py FOLDER COMMAND…

A test that uses the server holds a shared lock on FOLDER/users (the kernel lets go of it, however the test ends);
this keeper holds FOLDER/keeper for as long as the server runs, which is how a test sees that it does.
"""

import fcntl
import pathlib
import shutil
import signal
import subprocess
import sys
import time

IDLE_SECONDS = 30


def is_free(users):
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def keep(folder, command):
    keeper = open(folder / "keeper", "w")
    fcntl.flock(keeper, fcntl.LOCK_EX)
    users = open(folder / "users", "w")
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    sys.stdout.write("started\n")
    sys.stdout.flush()

    idle = 0
    while server.poll() is None:
        time.sleep(1)
        idle = idle + 1 if is_free(users) else 0
        if idle >= IDLE_SECONDS:
            break  # the lock is kept: who comes now waits until the server is gone, then starts the next
        fcntl.flock(users, fcntl.LOCK_UN)

    server.send_signal(signal.SIGINT)
    server.wait()
    shutil.rmtree(folder / "data", ignore_errors=True)


keep(pathlib.Path(sys.argv[1]), sys.argv[2:])
