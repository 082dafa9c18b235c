#!/bin/sh
# Finishes a root file system into which packages were only extracted: what their maintainer scripts
# would have done, as far as a database host needs it.
set -e
cd "$1"
mkdir -p etc/alternatives run/mysqld var/lib/mysql var/log/mysql tmp root
cat >etc/passwd <<'END'
root:x:0:0:root:/root:/bin/bash
mysql:x:100:101:MySQL:/nonexistent:/bin/false
nobody:x:65534:65534::/:/bin/false
END
cat >etc/group <<'END'
root:x:0:
mysql:x:101:
nogroup:x:65534:
END
cat >etc/nsswitch.conf <<'END'
hosts: files dns
passwd: files
group: files
END
chmod 1777 tmp
ln -sf mawk usr/bin/awk
ln -sf which.debianutils usr/bin/which
ln -sf nc.openbsd bin/nc
ln -sf /etc/mysql/mariadb.cnf etc/mysql/my.cnf
for tool in iptables iptables-save iptables-restore; do
  ln -sf xtables-nft-multi usr/sbin/$tool
done
chroot . /sbin/ldconfig
# Nothing of this is read by a server.
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/info var/cache/apt var/lib/apt \
  usr/share/perl usr/lib/*/perl usr/share/mysql/mysql-test
chown 100:101 run/mysqld var/lib/mysql var/log/mysql
