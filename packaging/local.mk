# SPDX-License-Identifier: BSD-2-Clause
# What distributions make packages with. Nothing of it is built or installed by this Makefile.

EXTRA_DIST += packaging/debian/changelog packaging/debian/control packaging/debian/copyright \
	packaging/debian/not-installed packaging/debian/optional-plugins packaging/debian/rules \
	packaging/debian/source/format packaging/debian/vmrun-doc.docs packaging/debian/vmrun-doc.install packaging/debian/vmrun-sdk.install \
	packaging/debian/vmrun.docs packaging/debian/vmrun.install packaging/rpm/vmrun.spec
