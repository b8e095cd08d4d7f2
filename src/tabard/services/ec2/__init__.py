"""Elastic Compute Cloud: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html.

Importing the package registers its operations.
"""
