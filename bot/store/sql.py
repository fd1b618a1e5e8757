"""Statements: written once in SQLAlchemy Core, compiled once per database, run as plain SQL.

Compiling, or even looking a statement up in SQLAlchemy's cache, costs more than SQLite needs to
run it; so what happens with every message goes to the drivers as text and a list of values.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]

#: libpq wants $1, $2 and typed parameters, which is how SQLAlchemy writes for asyncpg.
_POSTGRES = asyncpg.dialect()  # type: ignore[no-untyped-call]
#: SQLite takes :name, and a dictionary with whatever else is in it.
_SQLITE = sqlite_dialect(paramstyle="named")


class _List(sa.Text):
    """Marks a parameter that is a list."""


class Text:
    """A statement for one database.

    ``names`` are its parameters in their order, ``lists`` those of them that are lists, ``fixed``
    the values that are part of the statement.
    """

    def __init__(self, statement: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect))
        self.sql = str(compiled)
        self.names = tuple(compiled.positiontup or ())
        self.fixed = {n: v for n, v in compiled.params.items() if v is not None}
        binds = compiled.binds.items()
        self.lists = tuple(name for name, bind in binds if isinstance(bind.type, _List))


class Query:
    """A statement for both databases."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement

    @cached_property
    def sqlite(self) -> Text:
        """The statement for SQLite."""
        return Text(self._statement, _SQLITE)

    @cached_property
    def postgres(self) -> Text:
        """The statement for PostgreSQL."""
        return Text(self._statement, _POSTGRES)


def text(name: str) -> sa.BindParameter[str]:
    """Return a text parameter."""
    return sa.bindparam(name, type_=sa.Text)


def number(name: str) -> sa.BindParameter[int]:
    """Return a parameter for a whole number, moments included."""
    return sa.bindparam(name, type_=sa.BigInteger)


#: Written into the statement, not handed over with each run.
ONE: sa.ColumnElement[int] = sa.literal_column("1", sa.Integer)
NONE: sa.ColumnElement[int] = sa.literal_column("0", sa.Integer)


class Now(sa.ColumnElement[int]):
    """The database's clock in microseconds: no host's own may decide about a lease.

    SQLite has none; its one process fills in the parameter ``now``.
    """

    inherit_cache = False
    type = sa.BigInteger()


@compiles(Now, "sqlite")
def _now_sqlite(_element: Now, compiler: Any, **more: Any) -> str:
    return str(compiler.process(sa.bindparam("now", type_=sa.BigInteger), **more))


@compiles(Now, "postgresql")
def _now_postgres(_element: Now, _compiler: Any, **_more: Any) -> str:
    return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class Among(sa.ColumnElement[bool]):
    """Whether ``column`` is one of the values of the list parameter ``name``."""

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name

    def self_group(self, against: Any = None) -> Self:
        """Stand as it is: SQLAlchemy would make it ``… = 1`` for SQLite, past any index."""
        return self


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **more: Any) -> str:
    values = compiler.process(sa.bindparam(element.name, type_=_List), **more)
    column = compiler.process(element.column, **more)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - ours, all of it


@compiles(Among, "postgresql")
def _among_postgres(element: Among, compiler: Any, **more: Any) -> str:
    kind = sa.ARRAY(type(element.column.type)())
    values = compiler.process(sa.bindparam(element.name, type_=kind), **more)
    return f"{compiler.process(element.column, **more)} = ANY ({values})"


class InOrder(sa.ColumnElement[str]):
    """A text column in the order in which Python sorts, whatever the database's locale."""

    inherit_cache = False
    type = sa.Text()

    def __init__(self, column: sa.ColumnElement[str]) -> None:
        self.column = column


@compiles(InOrder, "sqlite")
def _in_order_sqlite(element: InOrder, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.column, **more))


@compiles(InOrder, "postgresql")
def _in_order_postgres(element: InOrder, compiler: Any, **more: Any) -> str:
    return f'{compiler.process(element.column, **more)} COLLATE "C"'
