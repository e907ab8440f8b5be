"""Meterhouse's nightly batch: inbox files in, readings and load profiles out."""
