"""Limits of a role: rows, bytes, time and turns, each while rows stream; and a client that does not read."""

import socket
import threading
import time

import psycopg

from wire import HOST, PORT, same, url


def code(statement):
    with psycopg.connect(url("analyst"), autocommit=True) as connection:
        try:
            return len(connection.execute(statement).fetchall())
        except psycopg.Error as error:
            return error.sqlstate


same(code("SELECT * FROM generate_series(1, 1000)"), 1000, "as many rows as may be")
same(code("SELECT * FROM generate_series(1, 1001)"), "54000", "one row more")
same(code("SELECT lpad('x', 5000) FROM generate_series(1, 100)"), 100, "half a mebibyte")
same(code("SELECT lpad('x', 5000) FROM generate_series(1, 300)"), "54000", "more than one")
begin = time.monotonic()
same(code("SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b"), "57014", "two seconds")
same(time.monotonic() - begin < 4, True, "in time")

# One statement of a user runs at once: the next waits, and a user beside it does not.
long = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b"
first = threading.Thread(target=code, args=(long,))
first.start()
time.sleep(0.5)
with psycopg.connect(url("finance"), autocommit=True) as connection:
    begin = time.monotonic()
    connection.execute("SELECT 1")
    same(time.monotonic() - begin < 1, True, "another user waits for nobody")
begin = time.monotonic()
same(code("SELECT 1"), 1, "the same user waits")
same(time.monotonic() - begin > 0.3, True, "for a turn")
first.join()

# A client that asks for much and reads nothing does not keep others from their turn.
idle = psycopg.connect(url("finance"), autocommit=True)
idle.pgconn.send_query(b"SELECT lpad('x', 5000) FROM generate_series(1, 100000)")
time.sleep(0.5)
with psycopg.connect(url("finance"), autocommit=True) as other:
    same(other.execute("SELECT 1").fetchone(), (1,), "beside one that does not read")
# Closed with its answer unread: nothing more is said on this connection.
idle.close()

# What is no message of the protocol ends its connection alone.
for bytes in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\xff" * 64, b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b""):
    with socket.create_connection((HOST, PORT), timeout=5) as raw:
        raw.sendall(bytes)
        raw.settimeout(1)
        try:
            raw.recv(100)
        except (TimeoutError, ConnectionError):
            pass
same(code("SELECT 1"), 1, "after what is no message")
print("limits hold")
