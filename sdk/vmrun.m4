# SPDX-License-Identifier: BSD-2-Clause
# vmrun.m4 - for configure.ac of plugins that are built with the installed SDK.
#
# VMRUN_PLUGIN([MINIMUM-VERSION-OF-THE-SDK])
#
# Finds the SDK or stops. Sets for Makefile.am:
#     VMRUN_PLUGIN_CFLAGS, VMRUN_PLUGIN_LDFLAGS, VMRUN_PLUGIN_LIBS   of a plugin, which is a
#         "program" whose name ends in .so: all hidden but its descriptor, nothing undefined
#     VMRUN_DEVTEST_CFLAGS, VMRUN_DEVTEST_LIBS                       of its tests
#     VMRUN_PLUGINDIR    where vmrun looks for plugins; --with-vmrun-plugindir says another place
AC_DEFUN([VMRUN_PLUGIN], [
    AC_REQUIRE([PKG_PROG_PKG_CONFIG])
    PKG_CHECK_MODULES([VMRUN_SDK], [vmrun-sdk m4_ifval([$1], [>= $1])])
    PKG_CHECK_MODULES([VMRUN_DEVTEST], [vmrun-devtest m4_ifval([$1], [>= $1])])
    AC_ARG_WITH([vmrun-plugindir],
        [AS_HELP_STRING([--with-vmrun-plugindir=FOLDER], [install plugins there])],
        [VMRUN_PLUGINDIR=$withval],
        [VMRUN_PLUGINDIR=`$PKG_CONFIG --variable=plugindir vmrun-sdk`])
    vmrun_script=`$PKG_CONFIG --variable=version_script vmrun-sdk`
    VMRUN_PLUGIN_CFLAGS="-fPIC -fvisibility=hidden $VMRUN_SDK_CFLAGS"
    VMRUN_PLUGIN_LDFLAGS="-shared -Wl,-z,defs -Wl,-z,now -Wl,--version-script=$vmrun_script"
    VMRUN_PLUGIN_LIBS=$VMRUN_SDK_LIBS
    AC_SUBST([VMRUN_PLUGINDIR])
    AC_SUBST([VMRUN_PLUGIN_CFLAGS])
    AC_SUBST([VMRUN_PLUGIN_LDFLAGS])
    AC_SUBST([VMRUN_PLUGIN_LIBS])
])
