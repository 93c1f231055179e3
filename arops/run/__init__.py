"""`make run`: everything ArOps needs in one terminal. `python -m arops.run start|stop|status`."""
