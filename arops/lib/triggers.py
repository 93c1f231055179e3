"""Triggers that nobody may switch off.

django-pgtrigger keeps a trigger beside its model and in the migrations, which we want; but each of its functions first asks
a session variable whether to stand aside (`pgtrigger.ignore`), and any role may set a session variable: one statement of raw
SQL, and an unbalanced entry is in the books. `Guard` compiles without that question. Its function runs with the rights of the
table's owner, so that the runtime role needs no right to touch a balance itself.
"""

from typing import Any

import pgtrigger
from pgtrigger import compiler


class GuardSql(compiler.UpsertTriggerSql):
    """The installation template of pgtrigger without its way out, SECURITY DEFINER, and with a fixed search path."""

    def get_template(self) -> str:
        """SQL that creates or replaces the function and its trigger; migrations refer to it, so it may only be added to."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Guard(pgtrigger.Trigger):
    """A trigger without an off switch; takes the same arguments as `pgtrigger.Trigger`."""

    def compile(self, model: Any) -> compiler.Trigger:
        """The compiled trigger, for migrations."""
        return compiler.Trigger(
            name=self.name,
            sql=GuardSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                constraint="CONSTRAINT" if self.timing else "",
                when=self.when,
                operation=self.operation,
                timing=f"DEFERRABLE INITIALLY {self.timing}" if self.timing else "",
                referencing=self.referencing or "",
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE, whoever asks."""
    refuse = "RAISE insufficient_privilege USING MESSAGE = format('%s on %s is refused: rows are only added', TG_OP, TG_TABLE_NAME);"
    change = pgtrigger.Update | pgtrigger.Delete
    return [
        Guard(name="append_only", when=pgtrigger.Before, operation=change, func=refuse),
        Guard(name="no_truncate", level=pgtrigger.Statement, when=pgtrigger.Before, operation=pgtrigger.Truncate, func=refuse),
    ]


def stamped(name: str) -> Guard:
    """A trigger that sets `updated_at` of a row that changes, whoever writes it and whatever they say; a new row has it by default.

    The time is the clock's, not the transaction's beginning, so that it is never before the row's lock was taken (see arops.api.changes).
    """
    return Guard(
        name=name, when=pgtrigger.Before, operation=pgtrigger.Update, condition=pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*"),
        func="NEW.updated_at := clock_timestamp(); RETURN NEW;",
    )  # fmt: skip
