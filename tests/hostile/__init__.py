"""What an attacker sends."""
