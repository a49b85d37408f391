#!/usr/bin/env bash
# Run in a network and a process namespace of its own, with file RULES for iptables-restore:
# `live-worker.sh RULES PROCESSES EACH`. Opens so many connections in each of so many processes, one in
# a hundred of all to 172.20.0.1:443, says "up", and holds them until its input ends.
set -euo pipefail
rules=$1 processes=$2 each=$3

ip link set lo up
for ip in 10.0.105.163 10.0.20.41 10.0.95.229; do ip addr add "$ip/32" dev lo; done
ip route add 172.20.0.1/32 dev lo src 10.0.105.163
iptables-restore <"$rules"

perl - "$processes" "$each" <<'PERL' &
use strict;
use warnings;
use Socket;

my ($processes, $each) = @ARGV;
my %listeners;

sub listener {
  my ($port) = @_;
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "reuse: $!";
  bind($socket, sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
  listen($socket, 4096) or die "listen: $!";
  return $socket;
}

# The other ends are other processes': what forks must not hand them on. Of each no more than a
# process may usually have open.
for my $port (443, (8080) x (1 + int($processes * $each / 800))) {
  my $listener = $listeners{$port} //= listener($port);
  next if fork;
  my @held;
  while (@held < 800) {
    accept(my $peer, $listener) or die "accept: $!";
    push @held, $peer;
  }
  sleep while 1;
}
close $_ for values %listeners;

# Who sees only these processes takes the network for a worker's if kubelet listens in it.
my $kubelet = listener(10250);
if (!fork) {
  $0 = 'kubelet';
  sleep while 1;
}
close $kubelet;

pipe(my $reads, my $writes) or die "pipe: $!";
for my $process (0 .. $processes - 1) {
  if (!fork) {
    $0 = "program-$process";
    my @held;
    for my $index (map { $process * $each + $_ } 0 .. $each - 1) {
      my $is_service = $index % 100 == 0;
      my $ip = $is_service ? '172.20.0.1' : sprintf '127.1.%d.%d', $index >> 8 & 255, $index & 255;
      socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
      connect($socket, sockaddr_in($is_service ? 443 : 8080, inet_aton($ip))) or die "$ip: $!";
      push @held, $socket;
    }
    syswrite $writes, '.';
    sleep while 1;
  }
  sysread $reads, my $said, 1;
}
$| = 1;
print "up\n";
sleep while 1;
PERL

read -r _ || true
