"""A version stays as it was in force, and comes into force only as it was tried; the tables of dunning policies go."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

import arops.lib.triggers


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0007_strategies_from_dunning_policies"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="strategystep",
            trigger=pgtrigger.compiler.Trigger(
                name="step_of_a_draft",
                sql=arops.lib.triggers.GuardSql(
                    declare="DECLARE r record;",
                    func="\n        IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;\n        IF EXISTS (SELECT FROM collections_app_strategyversion v WHERE v.id = (r.version_id) AND v.state <> 'draft') THEN\n            RAISE insufficient_privilege USING MESSAGE = 'a version that was in force stays as it is: draft a new one';\n        END IF;\n        RETURN r;",
                    hash="86afc984682499ac8b8ff5c06381a7a06d355868",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_step_of_a_draft_2dcbf",
                    table="collections_app_strategystep",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="strategytext",
            trigger=pgtrigger.compiler.Trigger(
                name="text_of_a_draft",
                sql=arops.lib.triggers.GuardSql(
                    declare="DECLARE r record;",
                    func="\n        IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;\n        IF EXISTS (SELECT FROM collections_app_strategyversion v WHERE v.id = (SELECT s.version_id FROM collections_app_strategystep s WHERE s.id = r.step_id) AND v.state <> 'draft') THEN\n            RAISE insufficient_privilege USING MESSAGE = 'a version that was in force stays as it is: draft a new one';\n        END IF;\n        RETURN r;",
                    hash="8ca69cb3a90dd403b7c74f4970a68d377110df15",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_text_of_a_draft_0a61a",
                    table="collections_app_strategytext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="strategyversion",
            trigger=pgtrigger.compiler.Trigger(
                name="as_it_was_in_force",
                sql=arops.lib.triggers.GuardSql(
                    func="\n                IF OLD.state <> 'draft' AND (NEW.state = 'draft' OR\n                   (NEW.grace_days, NEW.quiet_days, NEW.minimum, NEW.stops, NEW.content_hash) IS DISTINCT FROM\n                   (OLD.grace_days, OLD.quiet_days, OLD.minimum, OLD.stops, OLD.content_hash)) THEN\n                    RAISE insufficient_privilege USING MESSAGE = 'a version that was in force stays as it is: draft a new one';\n                END IF;\n                IF OLD.state = 'draft' AND NEW.state <> 'draft' AND (NEW.activated_by <> '' OR NEW.number > 1) AND NOT EXISTS (\n                    SELECT FROM collections_app_strategytrial t WHERE t.version_id = NEW.id AND t.content_hash = NEW.content_hash) THEN\n                    RAISE insufficient_privilege USING MESSAGE = 'a version is tried as it stands before it is put in force';\n                END IF;\n                RETURN NEW;",
                    hash="7e7a3adab47c424c196255e1c194db95939ed30c",
                    operation="UPDATE",
                    pgid="pgtrigger_as_it_was_in_force_9491e",
                    table="collections_app_strategyversion",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.DeleteModel(name="DunningText"),
        migrations.DeleteModel(name="DunningLevel"),
        migrations.DeleteModel(name="DunningPolicy"),
    ]
