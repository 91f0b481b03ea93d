# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the build BUILD under a new prefix and uses it from there.
cmake_minimum_required(VERSION 3.25)
set(prefix ${BUILD}/installed)
file(REMOVE_RECURSE ${prefix})

function(run out)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${prefix} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN} ended with ${status}: ${output}${error}")
  endif()
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(file applications/org.ketscope.Ketscope.desktop metainfo/org.ketscope.Ketscope.metainfo.xml
             mime/packages/org.ketscope.Ketscope.xml icons/hicolor/scalable/apps/org.ketscope.Ketscope.svg
             icons/hicolor/48x48/apps/org.ketscope.Ketscope.png ketscope/samples/sentiment/README.md
             ketscope/samples/char-gpt/README.md ketscope/samples/shape-clip/README.md
             ketscope/samples/shape-blip/README.md ketscope/samples/scenes/scene-00.png
             ketscope/lessons/README.md ketscope/lessons/many-heads/lesson.json)
  if(NOT EXISTS ${prefix}/${DATADIR}/${file})
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()

set(program ${prefix}/${BINDIR}/ketscope)
run(version ${program} --version)
if(NOT version MATCHES "^ketscope ${VERSION}\n")
  message(FATAL_ERROR "the installed program is not version ${VERSION}: ${version}")
endif()
run(lessons ${CMAKE_COMMAND} -E env --unset=KETSCOPE_LESSONS ${program} lesson)
if(NOT lessons MATCHES "many-heads: ")
  message(FATAL_ERROR "the installed program does not list its lessons: ${lessons}")
endif()
run(sample ${program} inspect ${DATADIR}/ketscope/samples/sentiment)
if(NOT sample MATCHES "DistilBERT")
  message(FATAL_ERROR "the installed sample is not a DistilBERT: ${sample}")
endif()
# A sample runs on its own picture, which lies beside it.
run(matched ${program} run ${DATADIR}/ketscope/samples/shape-blip)
if(NOT matched MATCHES "match +0\\.990")
  message(FATAL_ERROR "the installed BLIP does not match its caption: ${matched}")
endif()
# The sample must be the installed one: the demonstration names its folder.
run(demo ${CMAKE_COMMAND} -E env --unset=DISPLAY --unset=WAYLAND_DISPLAY --unset=QT_QPA_PLATFORM --unset=KETSCOPE_SAMPLES
    ${program})
if(NOT demo MATCHES "${prefix}/${DATADIR}/ketscope/samples/sentiment")
  message(FATAL_ERROR "the installed program does not use its own sample: ${demo}")
endif()
file(REMOVE_RECURSE ${prefix})
