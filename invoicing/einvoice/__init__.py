"""Invoices as EN 16931 e-invoices. Pure: figures in, XML out."""
