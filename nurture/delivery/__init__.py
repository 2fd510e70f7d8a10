"""Delivery: emails in wire form, and the ways they leave."""
