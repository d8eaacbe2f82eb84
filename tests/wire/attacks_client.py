"""Every way around that was thought of: statements of attacks.txt, which must end as they say."""

import os

import psycopg

from wire import CREATOR, same, url

FOLDER = os.path.dirname(__file__)
connections = {}
count = 0
for number, line in enumerate(open(os.path.join(FOLDER, "attacks.txt"), encoding="utf-8"), 1):
    line = line.rstrip("\n")
    if not line or line.startswith("#"):
        continue
    user, expected, statement = line.split("\t", 2)
    if user not in connections:
        connections[user] = psycopg.connect(url(user), autocommit=True)
    connection = connections[user]
    ways = {"simple": None, "extended": ()}
    for way, parameters in ways.items():
        try:
            with connection.cursor() as cursor:
                if way == "simple":
                    # Through the simple protocol several statements may come in one text.
                    result = connection.pgconn.exec_(statement.encode())
                    if result.error_message:
                        code, said = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE), result.error_message
                        outcome = code.decode() if code else "?"
                        said = said.decode()
                    else:
                        outcome = [
                            [None if result.get_value(row, column) is None else result.get_value(row, column).decode()
                             for column in range(result.nfields)] for row in range(result.ntuples)
                        ]
                        said = str(outcome)
                else:
                    if ";" in statement.rstrip(";"):
                        continue
                    cursor.execute(statement.encode(), prepare=True)
                    outcome = [[None if value is None else str(value) for value in row] for row in cursor] if cursor.description else []
                    said = str(outcome)
        except psycopg.Error as error:
            outcome, said = error.sqlstate or "?", str(error)
        what = f"line {number}, {way}: {statement}: {said}"
        if expected.startswith("="):
            same(outcome, [[expected[1:]]], what)
        else:
            # What cannot even be read is refused as well.
            allowed = set(expected.split("|")) | ({"42601", "0A000"} if "42501" in expected else set())
            same(isinstance(outcome, str) and outcome in allowed, True, what)
        # Whatever is said, it is neither where the data lies nor a party of somebody else's.
        for secret in (".parquet", "/_delta_log", os.environ["TTT_WAREHOUSE"], "dt=2026"):
            same(secret in said, False, f"{what} tells {secret}")
        if user == "creator":
            other = said.replace(CREATOR, "")
            same("did:key" in other, False, f"{what} tells of others")
        count += 1
same(count > 100, True, "attacks")
print("attacks", count)
