"""The tests' own PostgreSQL."""

import psycopg

from tests.postgres import Cluster


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def test_every_test_gets_an_empty_database_of_its_own(postgres_cluster: Cluster) -> None:
    with postgres_cluster.database() as adas, postgres_cluster.database() as graces:
        with psycopg.connect(plain(adas)) as connection:
            connection.execute("CREATE TABLE chat (id int)")
        with psycopg.connect(plain(graces)) as connection:
            found = connection.execute("SELECT to_regclass('chat')").fetchone()
    assert found == (None,)


def test_a_database_goes_even_while_somebody_is_connected(postgres_cluster: Cluster) -> None:
    with postgres_cluster.database() as url:
        forgotten = psycopg.connect(plain(url))
    assert forgotten.pgconn.status == psycopg.pq.ConnStatus.OK  # it has not noticed yet
    forgotten.close()
    with psycopg.connect(postgres_cluster.url("postgres", driver="")) as admin:
        names = admin.execute("SELECT datname FROM pg_database").fetchall()
    assert url.rpartition("/")[2] not in [name for (name,) in names]
