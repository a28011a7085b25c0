{
  'variables': {
    # No -ffast-math: NaN and infinity must stay what they are. No -march: a binary runs on any CPU of its kind, and
    # the vector loops choose their instructions when they run.
    'optimisation': ['-O3', '-fno-math-errno', '-fno-trapping-math'],
    'warnings': ['-Wall', '-Wextra'],
  },
  'targets': [
    {
      'target_name': 'blasnet',
      'sources': ['<!@(node scripts/sources.mjs addon)'],
      'include_dirs': [
        'native',
        '<!@(node scripts/blas.mjs include)',
        '<!@(node scripts/highway.mjs include)',
      ],
      'defines': [
        'NAPI_VERSION=9',
        # A worker that is terminated cannot take an exception any more: not a reason to end the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        '<!@(node scripts/blas.mjs defines)',
        '<!@(node scripts/highway.mjs defines)',
      ],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      'cflags': ['-pthread', '-fvisibility=hidden', '<@(warnings)', '<@(optimisation)'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags_cc': ['-std=c++20', '-fvisibility-inlines-hidden'],
      # Stays loaded when the worker thread ends that loaded it: its exit handler runs at the end of the process.
      'ldflags': ['-pthread', '-Wl,-z,nodelete'],
      'libraries': ['<!@(node scripts/blas.mjs libs)', '<!@(node scripts/highway.mjs libs)'],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
        'GCC_ENABLE_CPP_RTTI': 'YES',
        'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
        # The deployment target is given as a flag because node-addon-api's own setting would replace the named one.
        'OTHER_CFLAGS': ['-mmacosx-version-min=13.3', '<@(warnings)', '<@(optimisation)'],
        'OTHER_LDFLAGS': ['-mmacosx-version-min=13.3'],
      },
    },
  ],
}
