/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - what the archive has of the core gets names of the SDK's name space, since whoever
 * links the archive has names of their own. Included before anything else of it by the compiler's
 * options.
 */
#ifndef SDK_DEVTEST_NAMES_H
#define SDK_DEVTEST_NAMES_H

#define descriptor_check      vm_test_descriptor_check
#define descriptor_clear      vm_test_descriptor_clear
#define display_clip          vm_test_display_clip
#define display_convert       vm_test_display_convert
#define display_damage_add    vm_test_display_damage_add
#define display_damage_all    vm_test_display_damage_all
#define display_length        vm_test_display_length
#define display_mode_wrong    vm_test_display_mode_wrong
#define display_report_wrong  vm_test_display_report_wrong
#define display_shown         vm_test_display_shown
#define format_duration       vm_test_format_duration
#define format_size           vm_test_format_size
#define gpu_info_end_texts    vm_test_gpu_info_end_texts
#define gpu_request_clear     vm_test_gpu_request_clear
#define gpu_request_text      vm_test_gpu_request_text
#define gpu_request_wrong     vm_test_gpu_request_wrong
#define gpu_result_unsound    vm_test_gpu_result_unsound
#define gpu_stats_count       vm_test_gpu_stats_count
#define host_module_open      vm_test_module_open
#define host_module_symbol    vm_test_module_symbol
#define nearest_name          vm_test_nearest_name
#define parse_bool            vm_test_parse_bool
#define parse_duration        vm_test_parse_duration
#define parse_size            vm_test_parse_size
#define parse_uint            vm_test_parse_uint
#define plugin_interface      vm_test_plugin_interface
#define plugin_kind_name      vm_test_plugin_kind_name
#define props_finish          vm_test_props_finish
#define props_free            vm_test_props_free
#define props_given           vm_test_props_given
#define props_new             vm_test_props_new
#define props_set             vm_test_props_set
#define props_string          vm_test_props_string
#define props_text            vm_test_props_text
#define props_uint            vm_test_props_uint
#define virtq_add             vm_test_virtq_add
#define virtq_enable          vm_test_virtq_enable
#define virtq_enabled         vm_test_virtq_enabled
#define virtq_finish          vm_test_virtq_finish
#define virtq_free            vm_test_virtq_free
#define virtq_new             vm_test_virtq_new
#define virtq_packed          vm_test_virtq_packed
#define virtq_pop             vm_test_virtq_pop
#define virtq_push            vm_test_virtq_push
#define virtq_read_descriptor vm_test_virtq_read_descriptor
#define virtq_release         vm_test_virtq_release
#define virtq_reset           vm_test_virtq_reset
#define virtq_set_notify      vm_test_virtq_set_notify
#define virtq_split           vm_test_virtq_split
#define virtq_state_get       vm_test_virtq_state_get
#define virtq_state_set       vm_test_virtq_state_set
#define virtq_take            vm_test_virtq_take
#define virtq_unpop           vm_test_virtq_unpop
#define virtq_wants_interrupt vm_test_virtq_wants_interrupt

#endif
