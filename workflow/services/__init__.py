"""Writing the audit trail, keeping files; jobs are in `workflow.services.jobs`, the chain in `workflow.services.audit`."""

from workflow.services.recording import record, record_many, store_file

__all__ = ["record", "record_many", "store_file"]
