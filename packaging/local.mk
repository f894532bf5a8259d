# SPDX-License-Identifier: BSD-2-Clause
# What distributions make packages with. Nothing of it is built or installed by this Makefile.

EXTRA_DIST += packaging/debian/changelog packaging/debian/control packaging/debian/copyright \
	packaging/debian/not-installed packaging/debian/optional-plugins packaging/debian/rules \
	packaging/debian/source/format packaging/debian/vmrun-doc.docs packaging/debian/vmrun-sdk.install \
	packaging/debian/vmrun-guest-tools.install packaging/debian/libvgpu-dev.examples packaging/debian/libvgpu-dev.install \
	packaging/debian/vmrun.docs packaging/debian/vmrun.install packaging/rpm/vmrun.spec packaging/rpm/vmrun-guest-tools.spec

# GPU plugins are sources of their own: their folders of plugins/, and one of these. A spec file takes the release archive.
EXTRA_DIST += packaging/rpm/vmrun-gpu-cuda.spec packaging/rpm/vmrun-gpu-opencl.spec packaging/rpm/vmrun-gpu-rocm.spec
EXTRA_DIST += packaging/gpu-opencl/debian/changelog packaging/gpu-opencl/debian/control packaging/gpu-opencl/debian/copyright \
	packaging/gpu-opencl/debian/rules packaging/gpu-opencl/debian/source/format
EXTRA_DIST += packaging/gpu-cuda/debian/changelog packaging/gpu-cuda/debian/control packaging/gpu-cuda/debian/copyright \
	packaging/gpu-cuda/debian/rules packaging/gpu-cuda/debian/source/format
EXTRA_DIST += packaging/gpu-rocm/debian/changelog packaging/gpu-rocm/debian/control packaging/gpu-rocm/debian/copyright \
	packaging/gpu-rocm/debian/rules packaging/gpu-rocm/debian/source/format
