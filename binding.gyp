{
  "targets": [
    {
      "target_name": "schannel",
      "win_delay_load_hook": "false",
      "sources": [
        "native/addon.cc",
        "native/crypt/capi_key.cc",
        "native/crypt/certificate.cc",
        "native/crypt/chain.cc",
        "native/crypt/cng_key.cc",
        "native/crypt/context_functions.cc",
        "native/crypt/key.cc",
        "native/crypt/key_api.cc",
        "native/crypt/memory_store.cc",
        "native/crypt/private_key.cc",
        "native/crypt/protection.cc",
        "native/crypt/store.cc",
        "native/crypt/security_descriptor.cc",
        "native/crypt/store_watch.cc",
        "native/crypt/trust.cc",
        "native/file/file_rights.cc",
        "native/file/whole_file.cc",
        "native/http/http_api.cc",
        "native/http/ssl_records.cc",
        "native/napi/addon_data.cc",
        "native/napi/certificate_wrap.cc",
        "native/napi/chain_job.cc",
        "native/napi/connection_object.cc",
        "native/napi/convert.cc",
        "native/napi/credential_wrap.cc",
        "native/napi/exports.cc",
        "native/napi/file_functions.cc",
        "native/napi/http_functions.cc",
        "native/napi/job.cc",
        "native/napi/key_functions.cc",
        "native/napi/key_location_object.cc",
        "native/napi/key_wrap.cc",
        "native/napi/lock_wrap.cc",
        "native/napi/liveness_marker_wrap.cc",
        "native/napi/process_functions.cc",
        "native/napi/protection_functions.cc",
        "native/napi/proxy_functions.cc",
        "native/napi/registry_functions.cc",
        "native/napi/service_functions.cc",
        "native/napi/service_host_wrap.cc",
        "native/napi/session_wrap.cc",
        "native/napi/sign_in_wrap.cc",
        "native/napi/store_watch_wrap.cc",
        "native/napi/store_wrap.cc",
        "native/napi/trust_wrap.cc",
        "native/napi/wrap.cc",
        "native/node_api_slots.cc",
        "native/platform/desktop.cc",
        "native/platform/ip_address.cc",
        "native/platform/module.cc",
        "native/platform/os_version.cc",
        "native/platform/security_attributes.cc",
        "native/process/process_lock.cc",
        "native/process/liveness_marker.cc",
        "native/process/account.cc",
        "native/process/user_security.cc",
        "native/proxy/proxy_settings.cc",
        "native/proxy/winhttp_api.cc",
        "native/registry/registry.cc",
        "native/service/event_log.cc",
        "native/service/event_reader.cc",
        "native/service/service_control.cc",
        "native/service/service_host.cc",
        "native/service/service_settings.cc",
        "native/sspi/alpn.cc",
        "native/sspi/connection.cc",
        "native/sspi/credential.cc",
        "native/sspi/issuer_list.cc",
        "native/sspi/provider.cc",
        "native/sspi/records.cc",
        "native/sspi/security_context.cc",
        "native/sspi/sign_in.cc",
        "native/version.rc",
        "native/worker/lane.cc",
        "native/worker/thread_pool.cc"
      ],
      "include_dirs": [
        "native",
        "<!(node -p \"require('node-addon-api').include_dir\")"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED"
      ],
      "defines!": [
        "_HAS_EXCEPTIONS=0"
      ],
      "libraries": [
        "-lsecur32",
        "-lcrypt32",
        "-ladvapi32",
        "-lbcrypt",
        "-lncrypt"
      ],
      "msvs_settings": {
        "VCCLCompilerTool": {
          "ExceptionHandling": 1,
          "WarningLevel": 4,
          "AdditionalOptions!": [
            "-std:c++17",
            "-std:c++20"
          ],
          "AdditionalOptions": [
            "/std:c++17",
            "/permissive-",
            "/utf-8",
            "/sdl",
            "/guard:cf"
          ],
          "WholeProgramOptimization": "false"
        },
        "VCLinkerTool": {
          "AdditionalOptions": [
            "/guard:cf",
            "/Brepro",
            "/DYNAMICBASE",
            "/NXCOMPAT"
          ]
        }
      },
      "variables": {
        "schannel_werror%": "false"
      },
      "conditions": [
        [
          "schannel_werror=='true'",
          {
            "msvs_settings": {
              "VCCLCompilerTool": {
                "WarnAsError": "true"
              }
            }
          }
        ],
        [
          "target_arch!='ia32'",
          {
            "msvs_settings": {
              "VCLinkerTool": {
                "AdditionalOptions": [
                  "/HIGHENTROPYVA"
                ]
              }
            }
          }
        ],
        [
          "target_arch=='x64'",
          {
            "msvs_settings": {
              "VCLinkerTool": {
                "AdditionalOptions": [
                  "/CETCOMPAT"
                ]
              }
            }
          }
        ],
        [
          "OS!='win'",
          {
            "type": "none",
            "sources": [],
            "libraries": []
          }
        ]
      ]
    }
  ]
}
