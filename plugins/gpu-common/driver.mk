# SPDX-License-Identifier: BSD-2-Clause
# The build of gpu-cuda and of gpu-rocm: a plugin, and the program that holds its compiler.
VERSION ?= $(shell $(PKG_CONFIG) --modversion vmrun-sdk)
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
BUILD ?= .

common := $(dir $(lastword $(MAKEFILE_LIST)))
own := $(dir $(firstword $(MAKEFILE_LIST)))
vpath %.c $(own) $(common)

sdk = $(shell $(PKG_CONFIG) $(1))
PLUGIN_DIR ?= $(call sdk,--variable=plugindir vmrun-sdk)
FLAGS := -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wvla -fPIC -fvisibility=hidden -pthread \
	-I$(common) $(call sdk,--cflags vmrun-sdk) -DGPU_PLUGIN_VERSION='"$(VERSION)"'
# A sanitizer's functions may be the program's alone.
PLUGIN_LINK := -shared -Wl,-z,now $(if $(findstring -fsanitize,$(CFLAGS)),,-Wl,-z,defs) \
	-Wl,--version-script=$(call sdk,--variable=version_script vmrun-sdk)
LIBS := $(call sdk,--libs vmrun-sdk) -ldl

PLUGIN_OBJECTS := $(addprefix $(BUILD)/,plugin.o driver.o driver_library.o driver_streams.o \
	driver_modules.o kernels.o cubin.o codeobject.o compile.o text.o)
COMPILER_OBJECTS := $(addprefix $(BUILD)/,compiler.o fence.o compiler_names.o)
HEADERS := $(wildcard $(common)*.h)

all: $(BUILD)/$(NAME).so $(BUILD)/$(NAME)-compile

$(BUILD)/%.o: %.c $(HEADERS)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS) -c -o $@ $<

$(BUILD)/$(NAME).so: $(PLUGIN_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -pthread $(PLUGIN_LINK) -o $@ $(PLUGIN_OBJECTS) $(LIBS)

$(BUILD)/$(NAME)-compile: $(COMPILER_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(COMPILER_OBJECTS) -ldl

install: all
	mkdir -p $(DESTDIR)$(PLUGIN_DIR)
	cp $(BUILD)/$(NAME).so $(BUILD)/$(NAME)-compile $(DESTDIR)$(PLUGIN_DIR)/

clean: clean-page
	rm -f $(BUILD)/*.o $(BUILD)/$(NAME).so $(BUILD)/$(NAME)-compile

.PHONY: all install clean

include $(common)page.mk
